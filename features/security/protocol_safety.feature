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
      | a frame that is not masked                    |
      | a frame with the first reserved bit set       |
      | a frame with the second reserved bit set      |
      | a frame with the third reserved bit set       |
      | a frame of a kind that does not exist         |
      | a control frame of a kind that does not exist |
      | a frame with an impossible length             |
      | a ping that is too long                       |
      | a ping in two parts                           |

    Examples: messages in parts
      | breach                                 |
      | the end of a message that never began  |
      | a new message inside an unfinished one |

    Examples: goodbyes
      | breach                                    |
      | a goodbye that is cut short               |
      | a goodbye with a code that is never sent  |
      | a goodbye with a code that does not exist |
      | a goodbye whose reason is not UTF-8       |

    Examples: text
      | breach                                 |
      | a text that is not UTF-8               |
      | a text that is not UTF-8, in two parts |

