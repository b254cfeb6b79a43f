@functional @critical
Feature: Connecting is quick and leaving is clean
  A chat that takes long to open, or that a user cannot leave in good order, is not used twice.

  @B1
  Scenario: A user connects, talks and leaves
    When Alice comes to chat
    Then Alice is connected within 2 seconds
    When Alice asks a question
    And Alice gets the answer and leaves
    Then Alice's goodbye is answered
    And Alice has seen the whole run, in order

  @B5 @needs.health
  Scenario: A service that calls itself healthy lets users in
    When the service is asked for its health
    And Alice comes to chat
    Then what the service says about itself and what Alice meets agree

  @D1 @needs.application_ping
  Scenario: The line stays alive while the agent is at work
    Given Alice is chatting
    When Alice asks a question that takes a while
    And Alice keeps checking the line while the agent is at work
    Then every ping of Alice was answered within the limit of this environment, 95 of 100 of those during the run within 250 ms
