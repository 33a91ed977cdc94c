namespace Mlp.Training.Networks.Layers;

/// <content>Layers over sequences.</content>
public static partial class Layer
{
    /// <summary>Long short-term memory over (N, steps, inputs) (Hochreiter and Schmidhuber, 1997); states begin at 0.</summary>
    /// <param name="units">Size of the state, from 1.</param>
    /// <param name="layers">Layers on top of each other, from 1.</param>
    /// <param name="bidirectional">Whether a second state runs backwards, which doubles the size of the output.</param>
    /// <param name="dropout">Share of values left out between the layers while training, 0 to below 1.</param>
    /// <param name="output">Whether the next layer gets each step's output or the last state.</param>
    /// <param name="bias">Whether there are biases.</param>
    public static LayerDefinition Lstm(
        int units, int layers = 1, bool bidirectional = false, double dropout = 0, RecurrentOutput output = RecurrentOutput.Sequence, bool bias = true)
        => Checked(new RecurrentLayer(RecurrentCell.Lstm, units, layers, bidirectional, dropout, output, bias));

    /// <summary>Gated recurrent unit over (N, steps, inputs) (Cho et al., 2014), with the reset gate behind the matrix, as PyTorch has it; states begin at 0.</summary>
    /// <inheritdoc cref="Lstm"/>
    public static LayerDefinition Gru(
        int units, int layers = 1, bool bidirectional = false, double dropout = 0, RecurrentOutput output = RecurrentOutput.Sequence, bool bias = true)
        => Checked(new RecurrentLayer(RecurrentCell.Gru, units, layers, bidirectional, dropout, output, bias));

    /// <summary>Multi-head self-attention over (N, steps, size) (Vaswani et al., 2017).</summary>
    /// <param name="heads">Number of heads; divides the size.</param>
    /// <param name="dropout">Share of attention left out while training, 0 to below 1.</param>
    /// <param name="causal">Whether a step sees only itself and earlier ones.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    public static LayerDefinition MultiheadAttention(int heads, double dropout = 0, bool causal = false, bool bias = true)
        => Checked(new AttentionLayer(heads, dropout, causal, bias));

    /// <summary>Self-attention and a feed-forward part over (N, steps, size), each with a residual connection and a normalisation (Vaswani et al., 2017).</summary>
    /// <param name="heads">Number of heads; divides the size.</param>
    /// <param name="feedForward">Units of the feed-forward part, from 1.</param>
    /// <param name="dropout">Share of values left out while training, 0 to below 1.</param>
    /// <param name="activation">Activation of the feed-forward part: Relu, Gelu, GeluTanh, Silu, Mish or Tanh.</param>
    /// <param name="normFirst">Whether normalisation comes before each part instead of after, which trains without warm-up (Xiong et al., 2020).</param>
    /// <param name="causal">Whether a step sees only itself and earlier ones.</param>
    /// <param name="epsilon">Added to the variance of normalisations, above 0.</param>
    public static LayerDefinition TransformerEncoderLayer(
        int heads, int feedForward = 2048, double dropout = 0.1, Activation activation = Layers.Activation.Relu, bool normFirst = false, bool causal = false, double epsilon = 1e-5)
        => Checked(new TransformerEncoderLayer(heads, feedForward, dropout, activation, normFirst, causal, epsilon));

    /// <summary>Encoder layers on top of each other.</summary>
    /// <param name="layers">How many, from 1.</param>
    /// <param name="layer">One of them, made by <see cref="TransformerEncoderLayer"/>; each has weights of its own.</param>
    /// <param name="finalNorm">Whether a normalisation follows, as layers with the norm first need it.</param>
    /// <exception cref="ArgumentException">The layer is another one.</exception>
    public static LayerDefinition TransformerEncoder(int layers, LayerDefinition layer, bool finalNorm = false)
        => layer is TransformerEncoderLayer encoder
            ? Checked(new TransformerEncoderBlock(layers, encoder, finalNorm))
            : throw new ArgumentException($"Expected a layer made by Layer.TransformerEncoderLayer, but found {layer?.Kind ?? "null"}.", nameof(layer));

    /// <summary>Adds to each step of (N, steps, size) a vector that says which step it is.</summary>
    /// <param name="learned">Whether the vectors are learned, from a normal distribution of deviation 0.02; else sines and cosines (Vaswani et al., 2017).</param>
    /// <param name="dropout">Share of values left out afterwards while training, 0 to below 1.</param>
    public static LayerDefinition PositionalEncoding(bool learned = false, double dropout = 0) => Checked(new PositionalEncodingLayer(learned, dropout));
}
