namespace Mlp.Runtime.Inference;

/// <summary>What a call was doing when it was cancelled.</summary>
internal enum CallStage
{
    /// <summary>Its features were read; also anything that nobody has said.</summary>
    Features,

    /// <summary>It waited for a version to be loaded.</summary>
    Load,

    /// <summary>It waited for a slot.</summary>
    Slot,

    /// <summary>It had its slot and had not begun to run.</summary>
    Start,

    /// <summary>It waited for a run that it shares with others.</summary>
    Batch,

    /// <summary>It ran.</summary>
    Run,
}
