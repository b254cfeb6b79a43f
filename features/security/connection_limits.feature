@security @critical @dos
Feature: Nobody can block the way for others
  A client that sends an invalid handshake, never completes one, or opens too many connections must
  not take the place of other users.

  @G1 @rfc6455
  Scenario Outline: A handshake with <error> is refused
    Given Alice is chatting
    When Mallory tries to connect as Alice from an app with <error>
    Then Mallory is refused and receives nothing
    And Alice can connect from an app

    Examples:
      | error                       |
      | an unknown protocol version |
      | no key                      |

  @G5 @needs.connection_cap
  Scenario: A user can use as many connections as announced, and no more
    Given Mallory is chatting
    When Mallory opens as many connections as announced, and one more
    And Alice connects
    And Mallory closes one connection, loses another, and opens two
    Then Alice is connected
    And Mallory could use as many connections as announced, and no more

  @G5 @needs.slow_handshakes @slowloris
  Scenario: Unfinished handshakes do not block other users
    When Mallory starts 20 handshakes and finishes none
    And Alice connects
    Then Alice is connected within 2 seconds
    And Alice has connected while all 20 handshakes of Mallory were unfinished

  @G5 @needs.slow_handshakes @needs.handshake_deadline @slowloris
  Scenario: Unfinished handshakes are closed
    When Mallory starts 20 handshakes and finishes none
    Then every handshake of Mallory is closed within the deadline of this environment
