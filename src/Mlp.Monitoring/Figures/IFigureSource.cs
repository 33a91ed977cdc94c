namespace Mlp.Monitoring.Figures;

/// <summary>A part of monitoring that computes figures. Thread-safe.</summary>
internal interface IFigureSource
{
    /// <summary>The newest value of every figure, without reading a file.</summary>
    IEnumerable<Figure> Latest { get; }

    /// <summary>What was found wrong in the newest windows, without reading a file.</summary>
    IEnumerable<Finding> Findings { get; }
}
