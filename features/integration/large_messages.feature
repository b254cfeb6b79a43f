@integration @critical
Feature: Large messages arrive whole, or are refused
  People paste long texts. The service announces how long a message may be; up to that limit
  nothing may be cut, however the message travels.

  @C4 @message-size
  Scenario Outline: A large message arrives whole: <question>
    Given Alice and Bob are chatting
    When Alice asks <question>
    Then Alice has received the complete run with its tool calls, in order
    And every answer to Alice is correct
    And Bob has received nothing of Alice's

    Examples:
      | question                               |
      | a question of one page                 |
      | a question just below the size limit   |
      | a question of exactly the size limit   |
      | a question in emoji, sent in fragments |

  @C4 @message-size @compression
  Scenario: A compressed message arrives whole
    Given Alice is chatting from an app with compression
    And Bob is chatting
    When Alice asks a question just below the size limit
    And Bob has a question answered
    Then Alice has received the complete run with its tool calls, in order
    And every answer to Alice is correct
    And Alice has received nothing of Bob's

  @C4 @message-size
  Scenario: A message over the limit is refused, and the user can reconnect
    Given Alice is chatting
    When Alice asks a question just above the size limit
    And Alice reconnects
    And Alice asks a question in emoji just above the size limit, sent in fragments
    And Alice reconnects
    And Alice asks a question
    Then Alice's message is refused as too large
    And Alice has received the complete run, in order
