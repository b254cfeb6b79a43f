@integration @critical
Feature: Every message is answered, once, in order
  People write one message after another. None of them may be lost, answered twice or mixed up.

  @C1
  Scenario: A long series of messages loses nothing and doubles nothing
    Given Alice is chatting
    When Alice sends a long series of messages
    Then every message of Alice was answered once, by a whole run of its own
    And Alice's story has no gap, nothing twice and nothing out of order

  @A7
  Scenario: A conversation from hello to goodbye
    Given Alice is chatting
    When Alice asks a question
    And Alice gets the answer
    Then the answer quotes Alice
    When Alice asks a question that needs a tool
    And Alice gets the answer and leaves
    Then the answer to Alice is right
    And every message of Alice was answered once, by a whole run of its own
