@functional @critical
Feature: The service copes with people coming, going, and with its own restart
  Many people at once, people who vanish, and a planned restart are everyday life.

  @B2
  Scenario: Ten users at once, fifty messages in all, nothing lost and nothing mixed
    Given ten users are chatting
    When each of them sends five messages
    Then at least 50 messages were answered
    And every message of everybody was answered once, by a whole run of its own
    And none of them has seen anything of the others

  @B3 @needs.restart
  Scenario: A planned restart in the middle of runs is announced and loses nothing
    Given Alice and Bob are chatting
    And Alice and Bob ask a question that takes a while
    When the service is shut down in good order and started again
    Then everybody was told of the restart, and when to come back
    When everybody reconnects
    Then each of them has seen a whole run of their own
    And no run was lost in the restart
    And everybody has picked up where they were

  @B4 @regression.connection_leak @needs.metrics
  Scenario: Whoever leaves, cleanly or by a cut, frees the connection
    When a hundred connections are opened and left, every second one by a cut
    Then within 10 seconds the service counts no more connections than before
