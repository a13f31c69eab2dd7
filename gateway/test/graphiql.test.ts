import { existsSync } from 'node:fs'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestGateway, type TestGateway } from './gateway.ts'
import { changeBooking, ids } from './world.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)
const missing = executablePath ? '' : ' (skipped: there is no Chromium here; apt-get install -y chromium)'

describe.skipIf(!executablePath)(`GraphiQL in a browser${missing}`, () => {
  let gateway: TestGateway
  let browser: Browser
  let page: Page
  const requested = new Set<string>()
  const complaints: string[] = []

  beforeAll(async () => {
    gateway = await startTestGateway({ NODE_ENV: 'development' })
    browser = await chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] })
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } })
    page.on('request', (request) => requested.add(new URL(request.url()).origin))
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.setDefaultTimeout(60_000)
    await page.goto(`${gateway.url}/graphiql`)
    // Before the editor has its text, there is nothing to execute.
    await page.locator('.graphiql-query-editor').getByText('companyName').waitFor()
    // A browser that starts beside everything else takes its time.
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await gateway?.close()
  })

  const run = () => page.getByRole('button', { name: /Execute query/ }).click()
  const result = () => page.locator('.result-window').innerText()

  it('answers the query it opens with', async () => {
    await run()
    await expect.poll(result, { timeout: 25_000 }).toMatch(/"Olympia\sEvents"/)
  })

  it('shows what the schema says about itself', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
    await page.getByRole('link', { name: 'Query' }).first().click()
    await page.getByText('Published events that fit, soonest first unless', { exact: false }).waitFor()
  })

  it('sends the token that is written under Headers', async () => {
    const token = await gateway.pool.accessToken({ sub: 'sub-ada' })
    await page.getByRole('button', { name: 'Headers' }).click()
    await page.locator('.graphiql-editor-tool .monaco-editor:visible').last().click()
    // The editor closes what is opened: quotation mark and braces come by themselves.
    await page.keyboard.type('{"authorization":"')
    await page.keyboard.insertText(`Bearer ${token}`)
    await page.locator('.graphiql-query-editor .monaco-editor').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('{me{email')
    // A moment after the typing, GraphiQL notices that the operation Events is gone.
    await page.getByText('<untitled>').waitFor()
    await run()
    await expect.poll(result, { timeout: 25_000 }).toContain('"ada@example.com"')
  })

  it('follows a booking, over a WebSocket with the same token', async () => {
    changeBooking(ids.booking(1), 'PENDING')
    await page.locator('.graphiql-query-editor .monaco-editor').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('subscription Follow{bookingUpdated(id:"')
    await page.keyboard.insertText(ids.booking(1))
    // Past the quotation mark and the parenthesis.
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.keyboard.type('{status')
    // A moment after the typing, GraphiQL notices that it is a subscription.
    await page.locator('[class*="graphiql-tab"]').getByText('Follow', { exact: true }).waitFor()
    await run()
    await expect.poll(result, { timeout: 25_000 }).toContain('"PENDING"')
    changeBooking(ids.booking(1), 'CONFIRMED')
    await expect.poll(result, { timeout: 25_000 }).toContain('"CONFIRMED"')
    await page.getByRole('button', { name: /Stop query/ }).click()
  })

  it('has asked no other host for anything, and broken no rule of the page', () => {
    expect([...requested]).toEqual([gateway.url])
    expect(complaints).toEqual([])
  })
})
