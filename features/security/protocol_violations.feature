@security @critical @rfc6455
Feature: A client that violates the protocol is disconnected, and nobody else is affected
  Messages travel in frames with strict rules. A client that breaks them, by mistake or on purpose,
  is told why and disconnected. Other users are not affected, and the client can reconnect.

  @G1 @needs.protocol_violations
  Scenario Outline: A client that sends <violation> is disconnected
    Given Alice and Mallory are chatting
    When Mallory sends <violation>
    And Mallory reconnects
    And everyone asks a question
    Then Mallory gets the documented response
    And everyone has received the complete run, in order
    And Alice is unaffected

    Examples: frames
      | violation                                |
      | an unmasked frame                        |
      | a frame with the first reserved bit set  |
      | a frame with the second reserved bit set |
      | a frame with the third reserved bit set  |
      | a frame with an unknown opcode           |
      | a control frame with an unknown opcode   |
      | a frame with an impossible length        |
      | an oversized ping                        |
      | a fragmented ping                        |

    Examples: fragments
      | violation                              |
      | a continuation frame without a message |
      | a new message inside an unfinished one |

    Examples: close frames
      | violation                                     |
      | a close frame that is cut short               |
      | a close frame with a reserved code            |
      | a close frame with an invalid code            |
      | a close frame whose reason is not valid UTF-8 |

    Examples: text
      | violation                                      |
      | text that is not valid UTF-8                   |
      | text that is not valid UTF-8, in two fragments |
