@integration @critical
Feature: Large messages arrive whole, or are refused
  People paste long texts. The target says how long a message may be; up to there nothing may be
  cut, whatever way the message travels.

  @C4
  Scenario Outline: A message <size> arrives whole
    Given Alice is chatting
    When Alice sends a message <size>
    Then Alice has seen the whole run, in order, with its tool
    And the answer to Alice is right, so the end of the message arrived

    Examples:
      | size                                  |
      | of a page, to be quoted back          |
      | just below the limit                  |
      | of exactly the limit                  |
      | of many-byte characters, in fragments |

  @C4
  Scenario: Compressed messages arrive whole
    Given Alice is chatting over a compressed connection
    When Alice sends a message just below the limit
    Then Alice has seen the whole run, in order, with its tool
    And the answer to Alice is right, so the end of the message arrived

  @C4
  Scenario: A message over the limit is refused, and the user can go on
    Given Alice is chatting
    When Alice sends a message just above the limit
    Then the message is refused as too large
    When Alice reconnects
    And Alice asks a question
    Then Alice has seen the whole run, in order
