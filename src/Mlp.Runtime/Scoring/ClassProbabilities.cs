namespace Mlp.Runtime.Scoring;

/// <summary>How the probabilities of the classes stand in a scored table.</summary>
public enum ClassProbabilities
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>One column <c>probabilities</c>: a list of float64 with one value per class, of fixed size.</summary>
    List,

    /// <summary>One float64 column per class: <c>probability_</c> and the class name, or its index where the classes have no names.</summary>
    Columns,
}
