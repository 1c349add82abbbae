curl -X POST 'http://localhost:4000/workflows/data-processing-<hash>/terminate'
