@security @critical
Feature: Whoever breaks the rules of the protocol is shown out, and nobody else notices
  Every message travels in frames that have rules of their own. Whoever breaks them, by mistake or
  to do harm, is told so and let go; everybody else goes on, and so does the sender, once back.

  @G1 @needs.protocol_violations
  Scenario Outline: Whoever sends <breach> is shown out
    Given Alice and Mallory are chatting
    When Mallory breaks the protocol with <breach>
    Then Mallory is told properly what was wrong
    When Mallory reconnects
    And Alice and Mallory ask a question at the same time
    Then each of them has seen a whole run of their own
    And Alice noticed nothing of it

    Examples: frames
      | breach                                        |
      | an unmasked frame                    |
      | a frame with the first reserved bit set       |
      | a frame with the second reserved bit set      |
      | a frame with the third reserved bit set       |
      | a frame with an unknown opcode         |
      | a control frame with an unknown opcode |
      | a frame with an impossible length             |
      | an oversized ping                       |
      | a fragmented ping                           |

    Examples: messages in parts
      | breach                                 |
      | a continuation frame without a message  |
      | a new message inside an unfinished one |

    Examples: goodbyes
      | breach                                    |
      | a close frame that is cut short               |
      | a close frame with a reserved code  |
      | a close frame with an invalid code |
      | a close frame whose reason is not valid UTF-8       |

    Examples: text
      | breach                                 |
      | text that is not valid UTF-8               |
      | text that is not valid UTF-8, in two fragments |

