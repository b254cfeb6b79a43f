@functional @critical
Feature: Users can follow what the agent is doing
  A user who asks a question sees the agent start, think, use a tool and answer.
  A missing step looks like a broken chat.

  @A1 @regression.missing_agent_events
  Scenario Outline: Every agent event reaches the user: <event>
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then Alice has received <event> with all its fields

    Examples:
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @A2 @regression.missing_agent_events @event-order
  Scenario: A run arrives complete and in order
    Given Alice is chatting
    When Alice asks a question that needs a tool
    Then Alice has received the complete run with its tool calls, in order
    And Alice has received every event once, in order

  @A3 @tool-calls
  Scenario: Several tools in one run keep their results apart
    Given Alice is chatting
    When Alice asks a question that needs several tools
    Then Alice has received the complete run with its tool calls, in order
    And each tool result of Alice belongs to its call and appears in the answer

  @A4 @error-handling
  Scenario: A failed run shows no internal details, and the conversation goes on
    Given Alice and Bob are chatting
    When Alice has an impossible question answered
    And Alice asks a question
    Then Alice's first question has failed, without internal details
    And Alice has received the complete run, in order
    And Bob has received nothing of Alice's

  @A5 @concurrency @cancellation
  Scenario: Cancelling one of several runs leaves the others running
    Given Alice and Bob are chatting
    When Alice asks 3 slow questions
    And Alice has the second question cancelled on every device, and then again
    And Alice asks a question
    Then within 10 seconds Alice's second run is cancelled, cancelling it again has no effect but the documented error, and the others are answered
    And Alice has received every event once, in order
    And Bob has received nothing of Alice's

  @A5 @A6 @cancellation @multi-device
  Scenario: A run that is cancelled on another device ends on all of them
    Given Alice is chatting
    And Alice is chatting from a second device
    When Alice asks 3 slow questions
    And Alice has the second question cancelled on every device, and then again
    And Alice asks a question
    Then within 10 seconds Alice's second run is cancelled, cancelling it again has no effect but the documented error, and the others are answered
    And Alice has received every event once, in order
    And all devices of Alice have received the same events

  @A5 @cancellation
  Scenario: Cancelling a run after a tool has started does not block the conversation
    Given Alice is chatting
    When Alice cancels a question that needs a tool after "tool_executing"
    And Alice asks a question
    Then Alice has received the complete run, in order
    And Alice has received every event once, in order

  @A6 @multi-device
  Scenario: All devices of a user receive the same events
    Given Alice and Bob are chatting
    And Alice is chatting from up to three devices
    When everyone has 2 questions answered
    And everyone asks a question that needs a tool
    Then Alice has received the complete run with its tool calls, in order
    And no user has received anything of another
    And all devices of Alice have received the same events

  @A6 @multi-device @needs.resubscribe
  Scenario: A device receives events once it has subscribed, and each of them once
    Given Alice is chatting
    And Alice is chatting from a second device that has not subscribed
    When Alice has 2 questions answered
    And Alice's second device subscribes twice
    And Alice asks a question that needs a tool
    Then Alice has received every event once, in order
    And Alice has received the complete run with its tool calls, in order
    And all devices of Alice have received the same events
