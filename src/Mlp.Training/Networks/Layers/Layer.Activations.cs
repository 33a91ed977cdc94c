namespace Mlp.Training.Networks.Layers;

/// <content>Functions of each number on its own, and softmax.</content>
public static partial class Layer
{
    /// <summary>A function of each number, with the constants of <see cref="Layers.Activation"/>.</summary>
    /// <param name="function">Which.</param>
    public static LayerDefinition Activation(Activation function)
        => Checked(new ActivationLayer(function, function switch { Layers.Activation.LeakyRelu => 0.01, Layers.Activation.Elu or Layers.Activation.Celu => 1, _ => 0 }));

    /// <summary>max(0, x).</summary>
    public static LayerDefinition Relu() => Activation(Layers.Activation.Relu);

    /// <summary>x, or slope · x below 0.</summary>
    /// <param name="slope">The slope.</param>
    public static LayerDefinition LeakyRelu(double slope = 0.01) => Checked(new ActivationLayer(Layers.Activation.LeakyRelu, slope));

    /// <summary>x, or alpha · (eˣ − 1) below 0 (Clevert et al., 2016).</summary>
    /// <param name="alpha">Above 0.</param>
    public static LayerDefinition Elu(double alpha = 1) => Checked(new ActivationLayer(Layers.Activation.Elu, alpha));

    /// <summary>max(0, x) + min(0, alpha · (e^(x/alpha) − 1)) (Barron, 2017).</summary>
    /// <param name="alpha">Above 0.</param>
    public static LayerDefinition Celu(double alpha = 1) => Checked(new ActivationLayer(Layers.Activation.Celu, alpha));

    /// <summary>x · Φ(x) (Hendrycks and Gimpel, 2016).</summary>
    /// <param name="tanh">Whether Φ is approximated by tanh, as BERT and GPT-2 do.</param>
    public static LayerDefinition Gelu(bool tanh = false) => Activation(tanh ? Layers.Activation.GeluTanh : Layers.Activation.Gelu);

    /// <summary>x · sigmoid(x), also called Swish.</summary>
    public static LayerDefinition Silu() => Activation(Layers.Activation.Silu);

    /// <summary>tanh(x).</summary>
    public static LayerDefinition Tanh() => Activation(Layers.Activation.Tanh);

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static LayerDefinition Sigmoid() => Activation(Layers.Activation.Sigmoid);

    /// <summary>ln(1 + eˣ).</summary>
    public static LayerDefinition Softplus() => Activation(Layers.Activation.Softplus);

    /// <summary>x · min(max(0, x + 3), 6) / 6.</summary>
    public static LayerDefinition Hardswish() => Activation(Layers.Activation.Hardswish);

    /// <summary>x, or weight · x below 0, with a learned weight (He et al., 2015).</summary>
    /// <param name="perChannel">Whether each channel has a weight of its own.</param>
    /// <param name="initial">Where weights begin.</param>
    public static LayerDefinition PRelu(bool perChannel = false, double initial = 0.25) => Checked(new PReluLayer(perChannel, initial));

    /// <summary>eˣ over its sum along an axis.</summary>
    /// <param name="axis">An axis of one row from 0; -1 is the last.</param>
    public static LayerDefinition Softmax(int axis = -1) => Checked(new SoftmaxLayer(axis, IsLog: false));

    /// <summary>The logarithm of <see cref="Softmax"/>.</summary>
    /// <param name="axis">An axis of one row from 0; -1 is the last.</param>
    public static LayerDefinition LogSoftmax(int axis = -1) => Checked(new SoftmaxLayer(axis, IsLog: true));
}
