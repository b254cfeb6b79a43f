@security @critical @isolation
Feature: Nobody reaches what is somebody else's
  Mallory has a good account of his own and knows the names of everything that is Alice's. That must
  not get him anywhere: not to her answers, and not even to the knowledge that they exist.

  @E5
  Scenario: Nobody can speak in another user's name
    Given Alice and Mallory are chatting
    And Alice asks a question that takes a while
    When Mallory says everything in Alice's name, wherever one could claim it
    And Alice gets the answer
    Then Mallory has acted in their own name alone, never in Alice's
    And every message of Alice was answered once, by a whole run of its own
    And none of them has seen anything of the others

  @E6
  Scenario: Nobody can cancel another user's run, nor learn that there is one
    Given Alice and Mallory are chatting
    And Alice asks a question
    And Alice gets the answer
    And Alice asks a question that takes a while, and one that takes longer
    When Mallory tries to cancel what Alice has asked
    Then every message of Alice was answered once, by a whole run of its own
    And Mallory has seen nothing of Alice's
    And to Mallory they look like runs that do not exist

  @E6 @needs.id_enumeration
  Scenario: Nobody can cancel a run by guessing its name from their own
    Given Alice and Mallory are chatting
    And Alice asks a question that takes a while
    And Mallory asks a question that takes a while
    And Alice asks another question, right after
    When Mallory tries to cancel the runs next to their own
    Then every message of Alice was answered once, by a whole run of its own
    And every message of Mallory was answered once, by a whole run of its own
    And none of them has seen anything of the others
    And to Mallory they look like runs that do not exist

  @E6
  Scenario: Nobody can join another user's conversation, nor learn that there is one
    Given Alice and Mallory are chatting
    And Alice asks a question that needs several tools
    And Alice gets the answer
    When Mallory writes into the conversation of Alice
    And Alice goes on with the conversation and gets the answer
    Then Alice is still in the same conversation
    And every message of Alice was answered once, by a whole run of its own
    And Mallory has seen nothing of Alice's
    And to Mallory it looks like a conversation that does not exist

  @E6 @needs.resume
  Scenario: Nobody can be sent what another user has missed
    Given Alice and Mallory are chatting
    And Alice asks a question
    And Alice gets the answer
    When Mallory asks to be sent what Alice has seen
    Then Mallory has seen nothing of Alice's
    And to Mallory it looks like a stream that does not exist

  @E6
  Scenario: Two users may give their requests the same name
    Given Alice and Mallory are chatting
    And Alice asks a question that takes a while
    When Mallory sends a request by the very name of Alice's
    Then each of them has seen a whole run of their own
    And none of them has seen anything of the others

  @E1 @needs.resume
  Scenario: Who comes back is sent nothing of anybody else's
    Given Alice and Bob are chatting
    And Alice and Bob ask a question that takes a while
    When Bob's connection is cut after "agent_thinking"
    And Alice gets the answer
    And Bob reconnects
    Then each of them has seen a whole run of their own
    And none of them has seen anything of the others
