// The lists of what runs: all instances, and those that wait for an answer.
import { Instances } from "../instance/list.js";
import { Waits } from "../compose/waiting.js";
