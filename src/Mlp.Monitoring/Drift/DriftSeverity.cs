namespace Mlp.Monitoring.Drift;

/// <summary>How much a distribution has moved.</summary>
public enum DriftSeverity
{
    /// <summary>There are too few rows to tell, or the sketches that are compared cannot: <see cref="FeatureDrift.Problem"/> says which.</summary>
    Undetermined = 0,

    /// <summary>The distance is not above its threshold, or chance explains it for so many rows.</summary>
    None = 1,

    /// <summary>The distance is above its threshold and chance does not explain it; a value has left a constant reference.</summary>
    Moderate = 2,

    /// <summary>The distance is above two and a half times its threshold (PSI 0.25) and chance does not explain it; a tenth of the values has left a constant reference.</summary>
    Major = 3,
}
