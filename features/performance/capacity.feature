@performance @critical
Feature: The service keeps up, and stays fast however long it is used
  A chat that is fast for the first user of the day must be fast for the last one, too.

  @K3 @connection-time
  Scenario: Connecting is fast every time
    When 5 users open as many connections as this environment measures, one after another
    Then 95 of 100 sign-ins take at most 2 seconds
    And 95 of 100 connection attempts take at most 2 seconds

  @K4 @throughput @exclusive.machine
  Scenario: Enough questions are answered while several users chat
    Given a group of users is chatting
    When everyone has many questions answered
    Then the number of questions answered a second is within the limit of this environment
    And everyone has received one complete run for each question, accepted in the order asked

  @K5 @trend @exclusive.machine
  Scenario: A long conversation does not get slower
    Given a group of users is chatting
    When everyone chats for a long time
    Then no latency rises by more than half, or 25 ms, over the conversation

  @L3 @needs.metrics @memory-leak
  Scenario: A long conversation does not fill the memory of the service
    Given a group of users is chatting
    When everyone chats for a long time
    Then the proven memory growth of the service over 1,000 runs is within the limit of this environment
