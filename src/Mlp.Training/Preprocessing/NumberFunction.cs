namespace Mlp.Training.Preprocessing;

/// <summary>A function that numbers go through before they are scaled.</summary>
public enum NumberFunction
{
    /// <summary>None: x.</summary>
    None,

    /// <summary>ln x. Of a number that is not above 0 there is none: in training rows it is refused, in service it counts as missing.</summary>
    Log,

    /// <summary>ln(1 + x). Of a number that is not above −1 there is none: in training rows it is refused, in service it counts as missing.</summary>
    Log1P,

    /// <summary>sign(x) ln(1 + |x|).</summary>
    SignedLog,

    /// <summary>
    /// Yeo-Johnson's power, by the λ that makes the training rows most like a normal distribution (Yeo and Johnson, "A new family of power transformations to improve normality or
    /// symmetry", Biometrika 87, 2000): ((x + 1)^λ − 1)/λ, or ln(x + 1) for λ = 0, of x from 0 up; −((1 − x)^(2 − λ) − 1)/(2 − λ), or −ln(1 − x) for λ = 2, of x below.
    /// </summary>
    YeoJohnson,
}
