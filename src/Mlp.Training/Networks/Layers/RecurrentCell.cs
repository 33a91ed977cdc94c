namespace Mlp.Training.Networks.Layers;

/// <summary>How a recurrent layer steps through a sequence.</summary>
internal enum RecurrentCell
{
    /// <summary>Long short-term memory (Hochreiter and Schmidhuber, 1997).</summary>
    Lstm,

    /// <summary>Gated recurrent unit (Cho et al., 2014), with the reset gate behind the matrix, as PyTorch has it.</summary>
    Gru,
}
