@stress @load @exclusive.machine
Feature: Many users at once are served as few are
  A busy hour must lose nothing and mix nothing up.

  @critical @performance @L1
  Scenario: Half of a crowd of users, and then all of it, each get their own complete run
    Given half of a crowd of users are chatting
    And everyone has a question that needs a tool answered
    When the other half of the crowd connects
    And everyone asks a question that needs a tool
    Then everyone has received one complete run for each question, accepted in the order asked
    And no user has received anything of another
    And everyone has received every event once, in order

  @L5 @own_service.slow_heartbeat
  Scenario: 1,000 users at once each get their own complete run
    Given 1,000 users are chatting
    When everyone asks a question that needs a tool
    Then everyone has received the complete run with its tool calls, in order
    And no user has received anything of another

  @L5 @own_service.slow_heartbeat
  Scenario: Each of a large crowd of users gets their own complete run
    Given a large crowd of users are chatting
    When everyone asks a question that needs a tool
    Then everyone has received the complete run with its tool calls, in order
    And no user has received anything of another

  @L2
  Scenario: A flood of questions is answered without a gap
    Given 10 users are chatting
    When everyone asks 20 questions
    Then everyone has received one complete run for each question, accepted in the order asked
    And everyone has received every event once, in order

  @L4 @needs.resume @needs.reconnect_storm @own_service.slow_heartbeat
  Scenario Outline: <count> users who all reconnect in the middle of a run get the rest of it
    Given <count> users are chatting
    And everyone asks a slow question
    When everyone loses the connection
    And everyone reconnects
    Then everyone has received the complete run, in order
    And everyone has resumed without a gap
    And no user has received anything of another

    Examples:
      | count |
      | 50    |
      | 500   |

  @L3 @needs.metrics
  Scenario: A long load does not fill the memory of the service
    Given 250 users are chatting
    When everyone chats for a long time
    Then the proven memory growth of the service over 1,000 runs is within the limit of this environment
    And everyone has received one complete run for each question, accepted in the order asked

  @L6 @own_service.slow_heartbeat
  Scenario: A soak loses nothing and mixes nothing up
    Given 250 users are chatting
    When everyone chats for a soak in 4 rising steps
    Then everyone has received one complete run for each question, accepted in the order asked
    And everyone has received every event once, in order
    And no user has received anything of another
