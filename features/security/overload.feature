@security @critical @dos @fresh_accounts
Feature: Nobody can overload the service at the expense of others
  Some clients send too much, read nothing, or send data that expands enormously. The service limits
  or disconnects them, and other users are not affected.

  @G2 @needs.compression_bomb @needs.metrics @compression-bomb
  Scenario: A message that expands a thousandfold is refused before it is expanded
    Given Alice is chatting
    And Mallory is chatting from an app with compression
    When Mallory sends 3 compressed messages that expand a thousandfold
    And Alice asks a question
    Then Mallory gets the documented response
    And the memory growth of the service is within the limit of this environment
    And Alice has received the complete run, in order
    And Alice is unaffected

  @G3 @load @exclusive.machine @needs.flood @needs.application_ping @rate-limit
  Scenario: A user who floods the service is limited, and nobody else is slowed down
    Given Alice and Mallory are chatting
    When Mallory overloads the service with a flood of messages while Alice keeps chatting
    And Alice asks a question
    Then while Mallory does so, 95 of 100 pings of Alice are answered within 250 ms
    And Mallory is limited as announced, accepted again after a pause, and disconnected only for many rejections in a row
    And Alice has received the complete run, in order
    And Alice is unaffected

  @G4 @load @exclusive.machine @own_service.slow_heartbeat @backpressure
  @needs.unread_answers @needs.application_ping @needs.metrics @needs.streams
  Scenario: A user who reads nothing is disconnected, and nobody else is slowed down
    Given Alice and Mallory are chatting
    And Mallory is chatting from a second device
    When Mallory overloads the service with long answers that the first device does not read while Alice keeps chatting
    Then Mallory's first device is disconnected for its unread answers
    And the service's memory has grown by no more than Mallory's unread answers explain
    And while Mallory does so, 95 of 100 pings of Alice are answered within 250 ms
    And while Mallory does so, Alice waits at most 500 ms longer for an answer
