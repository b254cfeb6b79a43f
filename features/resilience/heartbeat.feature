@resilience @critical
Feature: A dead line is noticed, a quiet one is kept
  Networks fail without a word, apps hang, and load balancers cut lines on which nothing is said.

  @D2
  Scenario: A service that falls silent is noticed within two heartbeats
    Given Alice is chatting over a network that can fail
    And Alice's app watches the line
    When the network falls silent without closing anything
    Then Alice's app notices within two heartbeats, plus 0.5 seconds
    When the network is itself again and Alice reconnects
    And Alice asks a question
    Then Alice has seen the whole run, in order

  @D2
  Scenario: A user whose app has hung is disconnected after one to three heartbeats
    Given Alice is chatting
    When Alice's app hangs and answers nothing any more
    Then the service disconnects Alice after more than one heartbeat and at most three, plus 0.5 seconds

  @D3 @regression.load_balancer_timeout
  Scenario: A quiet conversation outlives a load balancer that cuts quiet lines
    Given Alice is chatting behind a load balancer that cuts quiet lines
    When nothing is said for longer than the load balancer allows
    And Alice asks a question
    And Alice gets the answer
    Then Alice's line has outlived the quiet time
    And Alice has seen the whole run, in order
