@functional @critical
Feature: Connecting is fast and disconnecting is clean
  A chat that takes long to open, or that cannot be left cleanly, is not used twice.

  @B1 @fresh_accounts
  Scenario: A user connects, chats and disconnects
    When Alice connects
    And Alice asks a question
    And Alice gets the answer
    And Alice disconnects
    Then Alice is connected within 2 seconds
    And Alice's connection was closed cleanly
    And Alice has received the complete run, in order
    And Alice has received "agent_completed" with all its fields

  @B5 @needs.health @health
  Scenario: A service that reports itself healthy accepts connections
    When Alice connects
    Then the service reports itself healthy, and Alice can connect

  @D1 @needs.application_ping @ping
  Scenario: Pings are answered while the agent is working
    Given Alice is chatting
    When Alice asks a slow question
    And Alice sends pings while the agent is working
    Then every ping of Alice was answered within the limit of this environment, 95 of 100 of those during the run within 250 ms
    And event timestamps agree with the clock of the service
