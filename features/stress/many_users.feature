@stress @load @exclusive.machine
Feature: Many users at once are served as few are
  A busy hour must lose nothing, mix nothing up, and let everyone come back.

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
  Scenario: 50 users who lose the connection in the middle of a run miss nothing
    Given 50 users are chatting
    And everyone asks a slow question
    When everyone loses the connection
    And everyone reconnects
    Then everyone has received the complete run, in order
    And no user has received anything of another

  @L5 @own_service.slow_heartbeat
  Scenario: 300 users chat and nobody loses anything
    When 300 users chat for 4 seconds
    Then the service has held the load

  @L4 @L5 @needs.resume @needs.reconnect_storm @own_service.slow_heartbeat
  Scenario: 300 users who lose the connection at the same moment miss nothing
    When 300 users chat for 4 seconds, and all lose the connection at the same moment
    Then the service has held the load
