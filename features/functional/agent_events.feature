@functional @critical
Feature: People can follow what the agent is doing
  Somebody who asks a question sees the agent take it up, think, use a tool and answer.
  A step that never shows up looks like a broken chat.

  @A1
  Scenario Outline: Each step of the agent reaches the user: <event>
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then within 5 seconds Alice has received <event>, with everything it should carry

    Examples:
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @A2
  Scenario: A whole run arrives in the order in which it happened
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then within 5 seconds Alice has seen the whole run, in order, with its tool
    And Alice's story has no gap, nothing twice and nothing out of order
