// Judges pages with Lighthouse in one browser. Each line that comes in is {url, headers}, each line that goes out
// {report} or {failure}.
import { createInterface } from "node:readline"
import { launch } from "chrome-launcher"
import lighthouse from "lighthouse"

const browser = await launch({
	chromeFlags: ["--headless=new", "--no-sandbox", "--disable-gpu", '--host-resolver-rules=MAP *.example 127.0.0.1'],
})
try {
	for await (const line of createInterface({ input: process.stdin })) {
		const { url, headers } = JSON.parse(line)
		let answer
		try {
			const { lhr } = await lighthouse(url, {
				port: browser.port,
				logLevel: "error",
				extraHeaders: headers,
				onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
				// Pages that are not for everybody ask search engines to stay away, and so does a demonstration.
				skipAudits: ["is-crawlable"],
				disableFullPageScreenshot: true,
			})
			answer = { report: lhr }
		} catch (failure) {
			answer = { failure: String(failure.stack ?? failure) }
		}
		process.stdout.write(`${JSON.stringify(answer)}\n`)
	}
} finally {
	await browser.kill()
}
