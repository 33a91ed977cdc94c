namespace Mlp.Monitoring.PredictionLog;

/// <summary>Why a prediction did not reach the log.</summary>
public enum DropReason
{
    /// <summary>The buffer was full: predictions came faster than the disk took them.</summary>
    BufferFull,

    /// <summary>The prediction alone is too large for the buffer.</summary>
    TooLarge,

    /// <summary>The features of the call do not have the layout that the model was announced with.</summary>
    LayoutMismatch,

    /// <summary>The log was closed already.</summary>
    Closed,

    /// <summary>The disk refused what was handed to it.</summary>
    Disk,
}
