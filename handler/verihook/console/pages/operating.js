// The pages that are opened more seldom: small ones, that are loaded as one, which is smaller than all of them alone.
import { About } from "../operating/about.js";
import { Failures } from "../operating/failures.js";
import { Job } from "../operating/job.js";
import { Jobs } from "../operating/jobs.js";
import { Keys } from "../operating/keys.js";
import { Live } from "../operating/live.js";
import { NewJob } from "../operating/new_job.js";
import { Overview } from "../operating/overview.js";
import { Source } from "../operating/source.js";
import { Sources } from "../operating/sources.js";
import { Workflow } from "../operating/workflow.js";
import { Workflows } from "../operating/workflows.js";
