namespace Mlp.Monitoring.Drift;

/// <summary>How p-values are corrected for the number of features and checks.</summary>
public enum MultipleTesting
{
    /// <summary>Bounds the share of false alarms among the alarms; where nothing drifts, the chance of any alarm.</summary>
    BenjaminiHochberg,

    /// <summary>Bounds the chance of any false alarm. Stricter.</summary>
    Bonferroni,

    /// <summary>No correction: of 100 stable features, five are significant at 0.05.</summary>
    None,
}
