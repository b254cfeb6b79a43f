@security @critical
Feature: Nobody stands in the door
  Whoever knocks in the wrong way, never finishes a sentence, or brings too many devices, is kept
  from taking the room of others.

  @G1
  Scenario Outline: A handshake with <flaw> is refused
    Given Alice is chatting
    When a visitor knocks with Alice's token and <flaw>
    Then the visitor stays out and sees nothing
    And Alice can still come in

    Examples:
      | flaw                                   |
      | a protocol version that does not exist |
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
  Scenario: Whoever never finishes the handshake is cut, and others come in meanwhile
    When Mallory begins handshakes and never gets done with them
    And Alice comes to chat
    Then Alice is let in
    And Mallory's handshakes are cut in good time
