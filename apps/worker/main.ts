// The path of earlier versions: units and commands that start it keep working. New ones start src/main.js.
import './src/main.js';
