@integration @critical
Feature: Broken input hurts nobody
  Apps have bugs, and some senders mean harm. Whatever arrives is turned down politely; whoever
  sent it, and everybody else, goes on.

  @C3
  Scenario Outline: <input> is turned down, and everybody goes on
    Given Alice and Bob are chatting
    When Alice sends <input>
    Then Alice is told properly what was wrong
    When Alice is there again, if need be
    And Alice and Bob ask a question at the same time
    Then each of them has seen a whole run of their own
    And Bob noticed nothing of it

    Examples:
      | input                                   |
      | half a message                          |
      | a list instead of a message             |
      | a message with fields of the wrong kind |
      | a message that lacks its content        |
      | a message of an unknown kind            |
      | a picture instead of text               |

    @needs.deep_nesting
    Examples: hard to parse
      | input                                     |
      | a message nested ten thousand levels deep |
