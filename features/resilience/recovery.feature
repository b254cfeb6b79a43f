@resilience @critical @needs.resume @resume
Feature: Nothing is lost when the connection drops
  People close laptops and change networks in the middle of an answer.
  Whatever the agent did meanwhile must be there when they come back.

  @H1
  Scenario: A user reconnects in the middle of a run and misses nothing
    Given Alice and Bob are chatting
    And Alice asks a slow and a very slow question
    When Alice loses the connection after "agent_thinking"
    And Bob has a slow question answered
    And Alice reconnects
    Then Alice has received one complete run for each question, accepted in the order asked
    And Alice has received the missed events, and then the live ones
    And Bob has received nothing of Alice's

  @H2
  Scenario Outline: The connection drops right after <event>
    Given Alice and Bob are chatting
    When Alice asks a brief question and loses the connection right after <event>
    And Bob has a brief question answered
    And Alice reconnects
    Then Alice lost the connection right after <event>
    And Alice has received the complete run, in order
    And Alice has resumed without a gap
    And Alice has received every event once, in order

    Examples: every event of a run
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @H2
  Scenario Outline: The connection drops in the middle of <event>
    Given Alice is chatting over a network that breaks in the middle of <event>
    When Alice asks a brief question
    And Alice's newest connection is closed
    And Alice reconnects
    Then Alice lost the connection in the middle of <event>
    And Alice has received the complete run, in order
    And Alice has resumed without a gap
    And Alice has received every event once, in order

    Examples: every event of a run
      | event             |
      | "agent_started"   |
      | "agent_thinking"  |
      | "tool_executing"  |
      | "tool_completed"  |
      | "agent_completed" |

  @H2 @needs.replay
  Scenario: The connection drops again while missed events are replayed
    Given Bob is chatting
    And Alice is chatting over a network that breaks in the middle of "tool_completed" after a reconnect
    When Alice asks a slow question and loses the connection right after "agent_thinking"
    And Bob has 2 slow questions answered
    And Alice reconnects
    And Alice reconnects
    Then Alice lost the connection in the middle of "tool_completed"
    And Alice has received the complete run, in order

  @H3
  Scenario: The agent keeps working while its user is away
    Given Alice and Bob are chatting
    And Alice asks a slow question
    When Alice loses the connection after "agent_thinking"
    And Bob has 2 slow questions answered
    And Alice reconnects
    Then Alice has received the complete run, in order
    And Alice's run ended before the reconnect
    And Alice has resumed without a gap

  @H1 @needs.replay @needs.positions
  Scenario: A user who returns after a long conversation receives what was missed
    Given Alice is chatting
    And Alice has 22 questions answered
    And Alice has 4 questions of many steps answered
    And Alice asks a question of four pages
    When Alice loses the connection after "agent_completed"
    And Alice resumes from the beginning of the conversation, as far as it is kept
    And Alice has a question answered
    Then Alice has received the missed events, and then the live ones

  @H4 @fresh_accounts
  Scenario Outline: Resuming from <position> is refused
    Given Alice is chatting
    And Alice has a question answered
    When Alice loses the connection
    And Alice resumes from <position>
    And Alice has a question answered
    Then the resume from <position> is refused, and Alice receives only new events

    Examples:
      | position                          |
      | a position in another stream      |
      | a future position                 |
      | a position that is no longer kept |

  @H5
  Scenario: Resuming twice from the same position shows the same
    Given Alice and Bob are chatting
    And Alice asks a slow question
    When Alice loses the connection after "agent_thinking"
    And Bob has 2 slow questions answered
    And Alice reconnects
    And Alice resumes from the same position on a second device
    Then Alice has received the same events both times

  @H5 @multi-device
  Scenario: Two devices that reconnect at the same moment both receive everything
    Given Alice and Bob are chatting
    And Alice is chatting from a second device
    And Alice asks a slow and a very slow question
    When Alice loses the connection
    And Bob has a slow question answered
    And Alice reconnects on both devices at once
    Then Alice has received one complete run for each question, accepted in the order asked
    And Alice has received the missed events, and then the live ones

  @H6 @jwt @long-wait @needs.forge_tokens
  Scenario: Nobody can resume with an expired token
    Given Alice is chatting from an app with a token that is about to expire
    And Alice asks a slow question
    When Alice loses the connection after "agent_thinking"
    And Alice tries to connect as Alice from an app with a token that has expired since it was accepted
    And Alice gets a new token and reconnects
    Then Alice is refused and receives nothing
    And Alice has received the complete run, in order
    And Alice has received every event once, in order

  @H7 @needs.restart @crash
  Scenario: A crash in the middle of runs loses nothing that was accepted
    Given Alice and Bob are chatting
    And Alice asks a slow and a very slow question
    And Bob asks a slow question
    When the chat service crashes and comes back
    And everyone reconnects
    And everyone has a question answered
    Then every accepted run has ended
    And everyone has resumed without a gap

  @H7 @needs.restart @crash @idempotency
  Scenario: A request that is repeated after a crash runs once
    Given Alice is chatting
    And Alice asks a slow question
    When the chat service crashes and comes back
    And Alice reconnects
    And Alice repeats the request
    Then Alice's repeated request ran once
    And everyone has received every event once, in order
