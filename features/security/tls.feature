@security @critical @F7 @needs.tls
Feature: Nobody on the network can read or change messages
  Messages pass through networks that we do not control. Where an environment promises TLS, every
  connection uses it, and there is no way around it.

  Scenario: The TLS certificate is one that browsers trust
    When the TLS of the service is inspected
    Then the inspection finds no certificate that browsers do not trust

  Scenario: The TLS certificate does not expire soon
    When the TLS of the service is inspected
    Then the inspection finds no certificate that expires sooner than this environment allows, usually within 14 days

  Scenario: Outdated versions of TLS are refused
    When the TLS of the service is inspected
    Then the inspection finds no outdated version of TLS

  Scenario: Connections without TLS are refused
    When the TLS of the service is inspected
    Then the inspection finds no way to use the service without TLS
