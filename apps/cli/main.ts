#!/usr/bin/env node
// The path of earlier versions: links to it keep working. New ones lead to src/main.js.
import './src/main.js';
