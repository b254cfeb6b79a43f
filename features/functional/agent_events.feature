@functional @critical
Feature: People can follow what the agent is doing
  Somebody who asks a question sees the agent take it up, think, use a tool and answer.
  A step that never shows up looks like a broken chat.

  @A1 @regression.missing_agent_events
  Scenario Outline: Each step of the agent reaches the user: <event>
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then Alice has received <event>, with everything it should carry

    Examples:
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @A2 @regression.missing_agent_events
  Scenario: A whole run arrives in the order in which it happened
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then Alice has seen the whole run, in order, with its tool
    And Alice's story has no gap, nothing twice and nothing out of order

  @A3
  Scenario: Several tools in one run keep their results apart
    Given Alice is chatting
    When Alice asks a question that needs several tools
    Then Alice has seen the whole run, in order, with its tool
    And every result belongs to its call, and the answer uses them

  @A4
  Scenario: A run that fails says so, shows nothing internal, and the conversation goes on
    Given Alice is chatting
    When Alice asks for something that cannot be done
    Then Alice is told that it failed, and nothing internal
    When Alice asks a question
    Then Alice has seen the whole run, in order

  @A5
  Scenario: Several runs at once keep apart, and cancelling one leaves the others
    Given Alice is chatting
    When Alice asks three questions that take a while, one right after another
    And Alice cancels the second of them
    Then the second is cancelled within 10 seconds, and the others are answered
    And Alice's story has no gap, nothing twice and nothing out of order

  @A6
  Scenario: Two devices of one user show the same
    Given Alice is chatting
    And Alice is chatting on a second device, too
    When Alice asks a question that needs a tool
    Then Alice has seen the whole run on every device
    And both devices of Alice have seen the same
