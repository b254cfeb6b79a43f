@security @critical
Feature: Nobody stands in the door
  A client that breaks the handshake, never finishes it, or opens too many connections, must not
  take the room of others.

  @G1
  Scenario Outline: A handshake with <flaw> is refused
    Given Alice is chatting
    When a visitor knocks with Alice's token and <flaw>
    Then the visitor stays out and sees nothing
    And Alice can still come in

    Examples:
      | flaw                                   |
      | an unknown protocol version |
      | no key                                 |

  @G5 @needs.connection_cap
  Scenario: A user has room for as many devices as announced, and takes nobody else's
    Given Mallory is chatting
    When Mallory comes with as many devices as allowed, and one more
    And Alice comes to chat
    Then Alice is let in
    When Mallory leaves with one device and comes with another
    Then Mallory had all the room that was announced, and no more

  @G5 @needs.slow_handshakes
  Scenario: Unfinished handshakes keep nobody out
    When Mallory begins twenty handshakes and finishes none
    And Alice comes to chat
    Then Alice is connected within 2 seconds
    And Alice was let in while Mallory's handshakes were unfinished

  @G5 @needs.slow_handshakes @needs.handshake_deadline
  Scenario: Unfinished handshakes are cut
    When Mallory begins twenty handshakes and finishes none
    Then Mallory's handshakes are cut within the deadline of this environment
