namespace Mlp.Training.Networks.Layers;

/// <summary>A function of each number on its own.</summary>
public enum Activation
{
    /// <summary>The number itself.</summary>
    Identity,

    /// <summary>max(0, x).</summary>
    Relu,

    /// <summary>min(max(0, x), 6).</summary>
    Relu6,

    /// <summary>x, or slope · x below 0; slope 0.01.</summary>
    LeakyRelu,

    /// <summary>x, or alpha · (eˣ − 1) below 0; alpha 1 (Clevert et al., 2016).</summary>
    Elu,

    /// <summary>ELU with the constants that keep mean and variance (Klambauer et al., 2017).</summary>
    Selu,

    /// <summary>max(0, x) + min(0, alpha · (e^(x/alpha) − 1)); alpha 1.</summary>
    Celu,

    /// <summary>x · Φ(x), exact (Hendrycks and Gimpel, 2016).</summary>
    Gelu,

    /// <summary>x · Φ(x) approximated by tanh, as BERT and GPT-2 do.</summary>
    GeluTanh,

    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · tanh(softplus(x)).</summary>
    Mish,

    /// <summary>tanh(x).</summary>
    Tanh,

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>ln(1 + eˣ).</summary>
    Softplus,

    /// <summary>x / (1 + |x|).</summary>
    Softsign,

    /// <summary>x · min(max(0, x + 3), 6) / 6.</summary>
    Hardswish,

    /// <summary>min(max(0, x + 3), 6) / 6.</summary>
    Hardsigmoid,

    /// <summary>min(max(−1, x), 1).</summary>
    Hardtanh,
}
