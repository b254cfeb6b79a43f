@resilience @critical @needs.resume
Feature: Nothing is lost when the connection drops
  People close laptops and change networks in the middle of an answer.
  Whatever the agent did meanwhile must be there when they come back.

  @H1
  Scenario: A user comes back in the middle of a run and sees the whole story
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while, and one that takes longer
    When Alice's connection is cut after "agent_thinking"
    And Bob meanwhile gets the answer to a question that takes a while
    And Alice reconnects
    Then every message of Alice was answered once, by a whole run of its own
    And Alice was told exactly what was missed, and then saw the rest live
    And Alice's story has no gap, nothing twice and nothing out of order
    And Bob has seen nothing of Alice's

  @H2
  Scenario Outline: The connection drops at <event>, right after it and in the middle of it
    Given Alice is chatting, and will lose the connection right after <event>
    And Bob is chatting over a network that breaks in the middle of <event>
    When Alice and Bob ask a question that takes a moment
    And Alice is cut off right after <event>, and Bob in the middle of it
    And everybody reconnects
    Then each of them has seen a whole run of their own
    And everybody has picked up where they were
    And nobody's story has a gap, anything twice or anything out of order

    Examples: every event of a run
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @H2
  Scenario: The connection drops again while the missed events are coming
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while
    When Alice's connection is cut after "agent_thinking"
    And Bob meanwhile gets answers to two questions that take a while
    And Alice reconnects over a network that breaks in the middle of "tool_completed"
    And Alice reconnects
    Then Alice has seen the whole run, in order
    And Alice's story has no gap, nothing twice and nothing out of order

  @H3
  Scenario: The agent goes on working while its user is away
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while
    When Alice's connection is cut after "agent_thinking"
    And Bob meanwhile gets answers to two questions that take a while
    And Alice reconnects
    And Alice gets the answer
    Then Alice's run had ended before she came back
    And Alice was told exactly what was missed, before anything new
    And Alice has seen the whole run, in order

  @H4
  Scenario Outline: Whoever comes back to <place> is told that it cannot be had
    Given Alice is chatting
    And Alice asks a question
    And Alice gets the answer
    When Alice loses the connection
    And Alice comes back to <place>
    And Alice asks a question
    And Alice gets the answer
    Then Alice was told that <place> cannot be had, and saw nothing but what is new

    Examples:
      | place                          |
      | a place of another stream      |
      | a place that is yet to come    |
      | a place that is no longer kept |

  @H5
  Scenario: Coming back twice from the same place shows the same
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while
    When Alice's connection is cut after "agent_thinking"
    And Bob meanwhile gets answers to two questions that take a while
    And Alice reconnects
    And Alice comes back on another device, from the same place
    Then both times Alice was shown the same

  @H5
  Scenario: Two devices that come back at the same moment both see everything
    Given Alice and Bob are chatting
    And Alice is chatting on a second device, too
    And Alice asks a question that takes a while, and one that takes longer
    When both devices of Alice lose the connection after "agent_started"
    And Bob meanwhile gets the answer to a question that takes a while
    And Alice comes back on both devices at the same moment
    Then every message of Alice was answered once, by a whole run of its own
    And both devices of Alice were told exactly what was missed, and then saw the rest live
    And Alice's story has no gap, nothing twice and nothing out of order

  @H6 @needs.forge_tokens
  Scenario: Nobody comes back with a token that has ended
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while
    When Alice's connection is cut after "agent_thinking"
    And Alice tries to come back with an expired token
    Then Alice is turned away, and sees nothing
    When Alice reconnects
    Then Alice has seen the whole run, in order
    And Alice's story has no gap, nothing twice and nothing out of order

  @H7 @needs.restart
  Scenario: A crash in the middle of runs loses nothing that was accepted
    Given Alice and Bob are chatting
    And Alice asks a question that takes a while, and one that takes longer
    And Bob asks a question that takes a while
    When the service crashes and is started again
    And everybody reconnects
    Then everything that had been accepted has come to an end
    And everybody has picked up where they were
    And nobody's story has a gap, anything twice or anything out of order
    When Alice, unsure whether it got through, sends the same request again
    Then the repeated request of Alice ran once
