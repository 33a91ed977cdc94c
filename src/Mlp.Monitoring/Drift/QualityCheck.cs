namespace Mlp.Monitoring.Drift;

/// <summary>What one check of data quality gave.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Statistic">A share of the rows.</param>
/// <param name="Threshold">The share beyond which it finds something.</param>
/// <param name="PValue">The chance of at least this share where nothing has changed.</param>
/// <param name="IsBeyond">Whether the share is beyond the threshold.</param>
internal readonly record struct QualityCheck(string Test, double Statistic, double Threshold, double PValue, bool IsBeyond);
