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
