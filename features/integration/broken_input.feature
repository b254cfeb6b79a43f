@integration @critical @input-validation
Feature: Malformed messages harm nobody
  Apps have bugs, and some clients are hostile. Whatever arrives is rejected with an error; its
  sender and everyone else can continue.

  @C3
  Scenario Outline: A malformed message is rejected, and everyone can continue: <message>
    Given Alice and Bob are chatting
    And Alice's app reconnects automatically
    When Alice sends <message>
    And everyone asks a question
    Then Alice gets the documented response
    And everyone has received the complete run, in order
    And Bob is unaffected

    Examples:
      | message                                 |
      | half a message                          |
      | a list instead of a message             |
      | a bare value instead of a message       |
      | a message with fields of the wrong kind |
      | a message that lacks its content        |
      | a message of an unknown kind            |
      | a picture instead of text               |
      | a message with half of an emoji         |

    @needs.deep_nesting
    Examples: hard to parse
      | message                                   |
      | a message nested ten thousand levels deep |
