/**
 * Parameters of each network of the family as `createResnet(name)` builds it with its default classes, so that a list of them
 * needs none to be built. Checked against the builders by a test.
 */
export const PARAMETER_COUNTS: Readonly<Record<string, number>> = {
  resnet18: 11_703_912,
  resnet34: 21_823_208,
  resnet50: 25_636_712,
  resnet101: 44_707_176,
  resnet152: 60_419_944,
  wide_resnet50_2: 68_951_464,
  wide_resnet101_2: 127_024_552,
  resnet20: 271_098,
  resnet32: 466_426,
  resnet44: 661_754,
  resnet56: 857_082,
  resnet110: 1_736_058,
  resnet1202: 19_510_906,
};
