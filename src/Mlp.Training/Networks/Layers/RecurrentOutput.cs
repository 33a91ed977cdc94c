namespace Mlp.Training.Networks.Layers;

/// <summary>What a recurrent layer gives to the next one.</summary>
public enum RecurrentOutput
{
    /// <summary>The output of each step, shape (N, steps, directions · units).</summary>
    Sequence,

    /// <summary>The last state of each direction, shape (N, directions · units): after the last step forwards, after the first step backwards.</summary>
    LastState,
}
