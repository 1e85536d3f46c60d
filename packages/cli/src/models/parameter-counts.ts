/**
 * Parameters of each network of the family as `createResnet(name)` builds it with its default classes, so that a list of them
 * needs none to be built. Checked against the builders by a test.
 */
export const PARAMETER_COUNTS: Readonly<Record<string, number>> = {
  resnet10: 5_427_432,
  resnet18: 11_703_912,
  resnet34: 21_823_208,
  resnet50: 25_636_712,
  resnet101: 44_707_176,
  resnet152: 60_419_944,
  resnet50v2: 25_613_800,
  resnet101v2: 44_675_560,
  resnet152v2: 60_380_648,
  wide_resnet50_2: 68_951_464,
  wide_resnet101_2: 127_024_552,
  se_resnet50: 28_141_144,
  resnext50_32x4d: 25_097_128,
  preactivation_resnet18: 11_699_889,
  preactivation_resnet34: 21_815_473,
  resnet20: 271_098,
  resnet32: 466_426,
  resnet44: 661_754,
  resnet56: 857_082,
  resnet110: 1_736_058,
  resnet1202: 19_510_906,
  preactivation_resnet164: 1_727_482,
  preactivation_resnet1001: 10_476_922,
};
