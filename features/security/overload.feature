@security @critical
Feature: Nobody can overload the service at the others' expense
  Some send too much, some take nothing, some swell. The service holds them back or lets them go,
  and whoever else is there goes on as if nothing had happened.

  @G2 @needs.compression_bomb @needs.metrics
  Scenario: A small message that swells a thousandfold is refused before it swells
    Given Alice is chatting
    And Mallory is chatting over a compressed connection
    When Mallory three times sends a small message that swells a thousandfold
    Then Mallory is told properly what was wrong
    And the service's memory has stayed flat
    When Alice asks a question
    Then Alice has seen the whole run, in order
    And Alice noticed nothing of it

  @G3 @load @needs.flood @needs.application_ping
  Scenario: A user who floods the service is held back, and nobody else is slowed
    Given Alice and Mallory are chatting
    When Mallory floods the service while Alice keeps checking the line
    Then meanwhile 95 of 100 pings of Alice were answered within 250 ms
    And Mallory is cut off only for going on and on
    And Mallory is let through no more often than announced
    When Alice asks a question
    Then Alice has seen the whole run, in order
    And Alice noticed nothing of it

  @G4 @load @own_service.slow_heartbeat
  @needs.unread_answers @needs.application_ping @needs.metrics @needs.streams
  Scenario: A user who reads nothing is disconnected, and nobody else is slowed
    Given Alice and Mallory are chatting
    And Mallory is chatting on a second device, too
    When Mallory's first device reads nothing of many long answers, while Alice keeps talking
    Then Mallory's first device is disconnected for what waits unread
    And the service's memory has grown by no more than what Mallory left unread explains
    And meanwhile 95 of 100 pings of Alice were answered within 250 ms
    And Alice waited at most 500 ms longer for an answer than before
