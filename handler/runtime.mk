# What the functions run on, as template.yaml says (a test compares), and an interpreter to build them with.

RUNTIME := python3.13

# Defines $$python: an interpreter of the functions' own minor version, or pip would choose other wheels and the byte code
# would not be read. Starts each, as the name alone may be pyenv's shim for a version that is not chosen here.
define find_runtime
for python in $(RUNTIME_PYTHON) $(RUNTIME) "$$(pyenv root 2>/dev/null)"/versions/$(RUNTIME:python%=%).*/bin/$(RUNTIME) none; do \
	"$$python" -c 'import sys, pip; sys.exit("python%d.%d" % sys.version_info[:2] != "$(RUNTIME)")' 2>/dev/null && break; \
done; \
if [ "$$python" = none ]; then echo "The functions of template.yaml run on $(RUNTIME), so they are built with $(RUNTIME) and its pip; none was found (RUNTIME_PYTHON=/path/to/$(RUNTIME) names one)." >&2; exit 1; fi
endef
