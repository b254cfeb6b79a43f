@resilience @critical @heartbeat
Feature: Dead connections are noticed, quiet ones are kept
  Networks fail silently, apps hang, and load balancers close idle connections.

  @D2 @half-open
  Scenario: An app notices a silent network within two heartbeats
    Given Alice is chatting over an unreliable network
    When the network falls silent for a while
    And Alice reconnects
    And Alice asks a question
    Then Alice's app has noticed within two heartbeats, plus 0.5 seconds
    And Alice has received the complete run, in order

  @D2
  Scenario: An app that hangs is disconnected after one to three heartbeats
    Given Alice is chatting
    And Alice has a question answered
    When Alice's newest device stops responding
    Then the service has disconnected that device of Alice's after more than one heartbeat and at most three, plus 0.5 seconds

  @D2 @multi-device
  Scenario: An app that hangs is disconnected although another device of its user responds
    Given Alice is chatting
    And Alice is chatting from a second device
    When Alice's newest device stops responding
    Then the service has disconnected that device of Alice's after more than one heartbeat and at most three, plus 0.5 seconds

  @D3 @regression.load_balancer_timeout @idle-timeout @long-wait
  Scenario: A quiet conversation outlives the idle timeout of a load balancer
    Given Alice is chatting through a load balancer that closes idle connections
    When Alice sends nothing for longer than the load balancer allows
    And Alice has a question answered
    Then Alice's connection has survived the idle time
    And Alice has received the complete run, in order
