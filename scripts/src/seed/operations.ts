/** The operations with which demo data is loaded: those that a partner, an admin and a user have as well. */

export const REGISTER_USER = `mutation RegisterUser($idToken: String!) {
  registerUser(input: { idToken: $idToken }) { __typename ... on User { id } ... on Refusal { message } }
}`

export const MY_PARTNERS = `query MyPartners { myPartners { id companyName status } }`

export const REGISTER_PARTNER = `mutation RegisterPartner($input: RegisterPartnerInput!) {
  registerPartner(input: $input) { __typename ... on Partner { id } ... on PartnerExists { partnerId } ... on Refusal { message } }
}`

export const VERIFY_PARTNER = `mutation VerifyPartner($partnerId: ID!) {
  verifyPartner(input: { partnerId: $partnerId }) { __typename ... on Partner { id } ... on Refusal { message } }
}`

export const ADD_API_CLIENT = `mutation AddApiClient($input: AddApiClientInput!) {
  addApiClient(input: $input) { __typename ... on ApiClient { clientId } ... on Refusal { message } }
}`

export const VENUES = `query Venues($partnerId: ID!, $after: String) {
  venues(filter: { partnerId: $partnerId }, first: 100, after: $after) {
    edges { node { id name city capacity seatingPlans { id name } } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const CREATE_VENUE = `mutation CreateVenue($input: CreateVenueInput!) {
  createVenue(input: $input) { __typename ... on Venue { id } ... on Refusal { message } }
}`

export const CREATE_SEATING_PLAN = `mutation CreateSeatingPlan($input: CreateSeatingPlanInput!) {
  createSeatingPlan(input: $input) {
    __typename
    ... on SeatingPlan { id seatCount }
    ... on SeatingPlanInvalid { problems { path message } }
    ... on Refusal { message }
  }
}`

export const PARTNER_EVENTS = `query PartnerEvents($filter: EventFilter, $after: String) {
  events(filter: $filter, first: 100, after: $after) {
    edges { node { id title salesCloseAt } }
    pageInfo { hasNextPage endCursor }
  }
}`

export const CREATE_EVENT = `mutation CreateEvent($input: CreateEventInput!) {
  createEvent(input: $input) { __typename ... on Event { id } ... on Refusal { message } }
}`

export const PUBLISH_EVENT = `mutation PublishEvent($eventId: ID!) {
  publishEvent(input: { eventId: $eventId }) {
    __typename
    ... on Event { id }
    ... on EventNotPublishable { problems }
    ... on Refusal { message }
  }
}`
