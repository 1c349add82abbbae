// How many of the fresh rows are new: not among those that are shown, or come again since.
export function newOnes(shown, fresh) {
  const known = new Map(shown.map(({ id, at }) => [id, at]));
  return fresh.filter(({ id, at }) => known.get(id) !== at).length;
}
