@stress @load @exclusive.machine
Feature: Many users at once are served as few are
  A busy hour must lose nothing and mix nothing up.

  @L1
  Scenario: 25 users at once each get their own complete run
    Given 25 users are chatting
    When everyone asks a question that needs a tool
    Then everyone has received the complete run with its tool calls, in order
    And no user has received anything of another

  @L1
  Scenario: 50 users at once each get their own complete run
    Given 50 users are chatting
    When everyone asks a question that needs a tool
    Then everyone has received the complete run with its tool calls, in order
    And no user has received anything of another

  @L2
  Scenario: A flood of questions is answered without a gap
    Given 10 users are chatting
    When everyone asks 20 questions
    Then everyone has received one complete run for each question
    And everyone has received every event once, in order

  @L4 @needs.resume @needs.reconnect_storm
  Scenario: 50 users who all reconnect in the middle of a run get the rest of it
    Given 50 users are chatting
    And everyone asks a slow question
    When everyone loses the connection
    And everyone reconnects
    Then everyone has received the complete run, in order
    And everyone has resumed without a gap
    And no user has received anything of another
