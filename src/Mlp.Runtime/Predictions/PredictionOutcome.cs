namespace Mlp.Runtime.Predictions;

/// <summary>How a call ended. The numbers are part of the log format and never change.</summary>
public enum PredictionOutcome : byte
{
    /// <summary>The model answered.</summary>
    Ok = 0,

    /// <summary>The model failed.</summary>
    Error = 1,

    /// <summary>The caller gave up.</summary>
    Cancelled = 2,

    /// <summary>The deadline passed.</summary>
    TimedOut = 3,

    /// <summary>There was no room for the call.</summary>
    Shed = 4,
}
